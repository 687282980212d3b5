"""A page to play with: one Python function that answers it, and the server that shows it.

Why one function? The page also works without a server, in a browser that runs
Python (Pyodide). Both must show the same numbers, so layers and autoencoder are
computed by `respond`, with NumPy alone. JavaScript has no arithmetic of convolutions:
it colours errors, says how far two pictures are apart, and shrinks a file that is
dropped where no server does it.

To read in order: `respond` (a request in, an answer out), `layer` (one layer in
pictures), `presets`, `garment` (the autoencoder on one picture), `similarity`.
Then what belongs to the server: `material` (the weights and images that are at
hand), `frameworks` and `serving` (PyTorch and TensorFlow in processes of their own),
`schema` (what a request may hold), `guard` (what is refused before it is read),
`queueing`, `api_page` and `server`.
"""

"""The arithmetic in pictures and animations.

To read in order: `scene` (a layer small enough to draw), `page` (what a picture
shows), `cells`, `scattering` and `gathering` (a page for each step of a view),
`views` (all five), `layout` and `raster` (a page as pixels), `animation`. All
up to `layout` need nothing but NumPy; `raster` needs Pillow, and matplotlib for
its letters.
"""

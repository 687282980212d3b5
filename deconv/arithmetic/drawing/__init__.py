"""The arithmetic in pictures and animations.

To read in order: `scene` (a layer small enough to draw), `page` (what a picture
shows), `cells`, `scattering` and `gathering` (a page for each step of a view),
`views` (all five), `direct`, `both` and `checkerboard` (what belongs beside them),
`frames` (any picture of any layer), `hovering` (what one cell is made of), `layout`;
then a page as text for browsers, `theme` and `svg`, or as pixels, `raster` and
`animation`. `raster` needs Pillow, and matplotlib for its letters; all that does
not use it needs nothing but NumPy.
"""

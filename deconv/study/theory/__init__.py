"""Was it predicted? Formulas beside measurements, in one table: `python -m deconv.study.theory`.

What a formula gives needs no experiment, and where a measurement disagrees with it, a
mistake has been found, in one or the other. `predictions` derives the formulas;
`measured` holds each against a number that was found another way.
"""

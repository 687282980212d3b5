"""Which upsampler, at what cost, with which artefacts, and was it predicted?"""

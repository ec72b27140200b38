"""The engines of Atrium: everything that computes, nothing that draws."""

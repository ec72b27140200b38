"""A chat whose tools run the house."""

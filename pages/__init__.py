"""The pages: what a person sees; no computation of their own."""

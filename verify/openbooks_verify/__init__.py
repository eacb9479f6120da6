"""An independent verifier of openbooks bundles: it shares no code with the program that made them."""

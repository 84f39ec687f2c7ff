"""One file per stage of life: commands beside the decision on them."""

"""Countries by name, region, income group and class of lending, as dated tables with their sources."""

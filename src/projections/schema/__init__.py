"""The tables of the views: their columns, and the expressions that selects are made of."""

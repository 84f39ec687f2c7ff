"""Every fact the book can hold, as past-tense events: `grant` and `fund` in order of life.

An event says what happened and on which day; who recorded it and when stands in its entry
(`lifecycle.kernel.history.Entry`). Events are kept for ever, so a class here is changed only by a new
version with an upcaster (`lifecycle.journal.upcasts`) and a new golden file.
"""

"""The book in forms that others have agreed on: IATI, 360Giving, OCEL, beancount."""

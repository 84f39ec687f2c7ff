"""The seal: what proves to a stranger that nothing recorded was altered, left out or put in afterwards."""

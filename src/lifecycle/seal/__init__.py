"""The seal: it proves to a stranger that nothing recorded was altered, left out or inserted afterwards."""

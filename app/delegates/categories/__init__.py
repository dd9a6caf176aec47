"""Categories of registration: who attends how, with places of their own within the whole."""

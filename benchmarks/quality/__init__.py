"""How right openluke is, against independent implementations."""

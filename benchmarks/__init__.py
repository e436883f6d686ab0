"""Programs that measure openluke; their committed figures lie in ``results``."""

"""From what heads say to what people read: steps that several tasks take."""

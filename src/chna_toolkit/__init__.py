"""Which of the 15 lessons for lasting community collaboration a hospital's CHNA shows, with the proof."""

__version__ = "0.1.0"

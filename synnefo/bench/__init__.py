"""Figures, measured side by side: ``make bench``. Each program prints JSON lines; nothing here passes or fails."""

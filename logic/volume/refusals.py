"""What is refused of volumes beside what is refused everywhere."""

from logic.errors import BadRequest


class InvalidVolume(BadRequest):
    """Invalid volume: {reason}"""

    code = "invalid-volume"

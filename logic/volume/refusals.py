"""What is refused of volumes and their copies beside what is refused everywhere, in Cinder's words."""

from logic.errors import BadRequest


class InvalidVolume(BadRequest):
    """Invalid volume: {reason}"""

    code = "invalid-volume"


class InvalidSnapshot(BadRequest):
    """Invalid snapshot: {reason}"""

    code = "invalid-snapshot"


class InvalidBackup(BadRequest):
    """Invalid backup: {reason}"""

    code = "invalid-backup"


class InvalidGroup(BadRequest):
    """Invalid Group: {reason}"""

    code = "invalid-group"


class InvalidInput(BadRequest):
    """Invalid input received: {reason}"""

    code = "invalid-input"


class InvalidType(BadRequest):
    """Invalid volume type: {reason}"""

    code = "invalid-volume-type"


class InvalidQos(BadRequest):
    """Invalid qos specs: {reason}"""

    code = "invalid-qos-specs"


class InvalidKey(BadRequest):
    """Invalid auth key: it is not the one that the transfer {id} was made with."""

    code = "invalid-auth-key"

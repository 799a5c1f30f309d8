"""What images are refused for, in Glance's kinds: most of what another service calls a conflict is forbidden here."""

from logic.errors import BadRequest, Conflict, Forbidden, TooLarge


class ReadOnly(Forbidden):
    """Attribute '{name}' is read-only. Leave it out."""


class Reserved(Forbidden):
    """Attribute '{name}' is reserved. Choose another name."""


class NotRemovable(Forbidden):
    """Property {name} may not be removed. Replace it by another value."""


class NotQueued(Forbidden):
    """Attribute {name} can be only replaced for a queued image; this one is {status}."""


class NotYours(Forbidden):
    """You are not permitted to {action}: image {id} belongs to another project."""


class Protected(Forbidden):
    """Image {id} is protected and cannot be deleted. Set protected to false first."""


class OnlySharedHaveMembers(Forbidden):
    """Only images with the visibility shared have members; image {id} is {visibility}."""


class NotDeactivated(Forbidden):
    """Not allowed to {action} image in status '{status}'."""


class OnlyCopy(Forbidden):
    """The store {store} has the only copy of the image. Delete the image instead."""


class Deactivated(Forbidden):
    """The requested image has been deactivated. Image data download is forbidden."""


class WrongStatus(Conflict):
    """Image status transition from {status} to {wanted} is not allowed. {advice}"""


class InUse(Conflict):
    """Image {id} could not be deleted because it is in use: {why}"""


class NoProperty(Conflict):
    """Property {name} does not exist. Add it instead."""


class Exceeded(TooLarge):
    """The limit of {limit} {what} is exceeded: {given} were given. Use fewer."""


class TooLargeImage(TooLarge):
    """The image is larger than {limit} bytes, which is the most that may be uploaded now. Delete images, or ask an
    administrator."""


class Unacceptable(BadRequest):
    """The content of the image is refused: {why}. It was removed."""

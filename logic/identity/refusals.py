"""Refusals that only identity knows."""

from logic.errors import Forbidden, NotFound, Unauthenticated


class LoginFailed(Unauthenticated):
    """The name, the password or the secret is wrong, or the account is disabled. Check them and try again."""

    code = "login-failed"


class NoSuchScope(Unauthenticated):
    """You have no role in the {kind} you asked for, or there is none of that name. List yours with GET
    /identity/v3/auth/{kind}s, and ask an administrator for a role."""

    code = "no-such-scope"


class NoSystemScope(Unauthenticated):
    """You have no role on the system as a whole. Ask for a project or a domain, or ask an administrator for such a role."""

    code = "no-system-scope"


class MethodNotOffered(Unauthenticated):
    """The authentication method {method} is not offered. Use exactly one of password, token and
    application_credential."""

    code = "method-not-offered"


class Delegated(Forbidden):
    """A token made from an application credential cannot {action}. Log in with your password for that."""

    code = "delegated"


class TokenNotFound(NotFound):
    """The token in X-Subject-Token is unknown here, or not yours to see. It may be over; log in again."""


class BuiltInDomain(Forbidden):
    """The domain default cannot be {action}: the operators of this cloud are in it."""

    code = "built-in-domain"


class StillEnabled(Forbidden):
    """The domain {id} is enabled, and deleting it deletes all that is in it. Disable it first."""

    code = "still-enabled"


class NotALeaf(Forbidden):
    """There are projects below the project {id}. Delete those first."""

    code = "not-a-leaf"


class TooDeep(Forbidden):
    """The project {id} is below another one already, and projects are no deeper than that here."""

    code = "too-deep"


class BranchDisabled(Forbidden):
    """A project is not enabled below one that is not, and {id} would be such a one. Enable, or disable, the other first."""

    code = "branch-disabled"


class ProhibitedImplication(Forbidden):
    """The role {prior} cannot imply {implied}. {why}"""

    code = "prohibited-implication"


class InUse(Forbidden):
    """The {kind} {id} is in use: {by}. Delete that first."""

    code = "in-use"


class BuiltIn(Forbidden):
    """The {kind} {id} is built in: it follows from what is mounted here, and cannot be changed. Add one of your own beside it."""

    code = "built-in"


class PasswordLocked(Forbidden):
    """The password of this user is locked: only an administrator changes it."""

    code = "password-locked"


class NotPermitted(Forbidden):
    """The application credential of this token has access rules, and none of them permits {method} {path}."""

    code = "not-permitted"


class NotRegistered(Forbidden):
    """There is no registered limit of {resource} for that service and region, so no project has another. Register one first."""

    code = "not-registered"


class TooManyOfThem(Forbidden):
    """You have {most} of these already: {kind}. Delete what is not needed any more."""

    code = "too-many-of-them"

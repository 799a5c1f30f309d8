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
    """Nobody has a role on the system as a whole here. Ask for a project or a domain; admins act on all of them."""

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

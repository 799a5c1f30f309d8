"""What follows from several settings. Called by the programs that connect."""

from urllib.parse import quote, urlsplit

from logic.configuration.loading import ConfigurationError
from logic.configuration.schema import Values


def amqp_urls(values: Values) -> list[str]:
    """The brokers, in the order given, as URLs with their passwords: not for logs. Raises :class:`ConfigurationError`."""
    if values.AMQP_HOSTS:
        for url in values.AMQP_HOSTS:
            _check(url)
        return list(values.AMQP_HOSTS)
    if not values.RABBIT_PASSWORD:
        raise ConfigurationError(
            ["RABBIT_PASSWORD is not set: give RABBIT_PASSWORD_FILE in 20-amqp.conf, or AMQP_HOSTS"]
        )
    user, password = quote(values.RABBIT_USERNAME, safe=""), quote(values.RABBIT_PASSWORD, safe="")
    url = f"amqp://{user}:{password}@{values.RABBIT_HOST}/{quote(values.RABBIT_VHOST, safe='')}"
    _check(url)
    return [url]


def _check(url: str) -> None:
    """Raises :class:`ConfigurationError` without repeating the URL, which holds a password."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme in {"amqp", "amqps"} and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        fit = False
    if not fit:
        raise ConfigurationError(
            ["AMQP_HOSTS and RABBIT_HOST must make URLs such as amqp://USER:PASSWORD@HOST:5672/VHOST"]
        )

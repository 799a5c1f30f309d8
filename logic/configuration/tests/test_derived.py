"""The brokers' addresses."""

import pytest

from logic.configuration import ConfigurationError, load
from logic.configuration.derived import amqp_urls

CANARY = "canary-4711"


def urls(**environ):
    return amqp_urls(load([], {f"SYNNEFO_{name}": value for name, value in environ.items()}).typed)


def test_one_broker_is_put_together_and_quoted():
    assert urls(RABBIT_HOST="mq:5673", RABBIT_PASSWORD="p@ss/w:rd", RABBIT_VHOST="/") == [
        "amqp://synnefo:p%40ss%2Fw%3Ard@mq:5673/%2F"
    ]


def test_the_list_of_brokers_wins_over_the_one():
    hosts = '["amqp://u:p@mq1/", "amqps://u:p@mq2/"]'

    assert urls(AMQP_HOSTS=hosts, RABBIT_PASSWORD="x") == ["amqp://u:p@mq1/", "amqps://u:p@mq2/"]


def test_without_a_password_the_operator_is_told_what_to_set():
    with pytest.raises(ConfigurationError, match=r"RABBIT_PASSWORD_FILE in 20-amqp\.conf, or AMQP_HOSTS"):
        urls()


@pytest.mark.parametrize("url", ["mq1", f"http://u:{CANARY}@mq/", f"amqp://u:{CANARY}@/", f"amqp://u:{CANARY}@mq:x/"])
def test_what_is_no_broker_is_refused_without_repeating_it(url):
    with pytest.raises(ConfigurationError) as caught:
        urls(AMQP_HOSTS=f'["{url}"]')

    assert CANARY not in str(caught.value)

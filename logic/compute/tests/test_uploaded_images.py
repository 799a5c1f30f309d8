"""Servers of images that tenants uploaded: what the nodes are told of them, and which are refused."""

import pytest

from logic.compute.creating import NewServer, create_servers
from logic.errors import BadRequest
from logic.image.models import Blob, Image
from logic.ledger.models import Command
from logic.messages import codec
from logic.testing.worlds import ALICE, furnish

pytestmark = pytest.mark.django_db
SUM = "d" * 128


def uploaded(**columns: object) -> Image:
    blob = Blob.objects.create(store="files", state="whole", size=5, hash_value=SUM)
    values = {"disk_format": "qcow2", "container_format": "bare", "status": "active", "owner": ALICE.project}
    return Image.objects.create(blob=blob, hash_algo="sha512", hash_value=SUM, **values | columns)


def asked(image: Image) -> dict[str, str]:
    create_servers(ALICE, NewServer(name="demo", flavor="1", image=image.pk))
    return codec.decode_command(bytes(Command.objects.get().payload)).os_params


def test_the_nodes_are_told_the_content_its_format_and_its_sum(settings):
    settings.GANETI_OS_PROVIDER = "synnefo-image+default"
    furnish()
    image = uploaded()
    told = asked(image)
    assert (told["img_id"], told["img_format"], told["img_checksum"]) == (str(image.blob_id), "qcow2", f"sha512:{SUM}")


@pytest.mark.parametrize("status", ["queued", "saving", "importing", "deactivated"])
def test_an_image_that_is_not_active_makes_no_server(status):
    furnish()
    with pytest.raises(BadRequest, match="is not active"):
        asked(uploaded(status=status))


@pytest.mark.parametrize("formats", [{"disk_format": "vmdk"}, {"container_format": "ova"}, {"disk_format": "iso"}])
def test_an_image_that_no_node_could_write_makes_no_server(formats):
    furnish()
    with pytest.raises(BadRequest, match="unacceptable"):
        asked(uploaded(**formats))


def test_an_image_whose_disk_is_larger_than_the_flavors_makes_no_server():
    furnish()
    asked(uploaded(virtual_size=2**30))
    with pytest.raises(BadRequest, match="disk is too small"):
        create_servers(ALICE, NewServer(name="two", flavor="1", image=uploaded(virtual_size=2**30 + 1).pk))

"""Key pairs of the caller, and from 2.10 of anybody for admins."""

import sys

from logic.compute import keypairs, queries
from synnefo.api.compute.render import keypairs as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.keypairs import KeyPair, KeyPairCreated, KeyPairLine
from synnefo.api.compute.requests import keypairs as requests
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, Shape, describes
from synnefo.api.kernel.paging import Page

EVERYTHING = Page(sys.maxsize, "")
MADE: Shape = {"keypair": KeyPairCreated}


@describes(gives=paged("keypairs", KeyPairLine), query={**PAGE, "user_id": str})
def list_keypairs(call: Call) -> Answer:
    page = paging.page(call) if call.at_least(Since.KEYPAIR_PAGES) else EVERYTHING
    found = queries.keypairs(call.caller, user=_user(call), limit=page.limit, marker=page.marker)
    body = {"keypairs": [render.listed(pair, frame(call)) for pair in found]}
    links = paging.next_link(call, [pair.name for pair in found], page) if call.at_least(Since.KEYPAIR_PAGES) else []
    return Answer(200, body | ({"keypairs_links": links} if links else {}))


@describes(gives={"keypair": KeyPair}, query=["user_id"])
def show_keypair(call: Call, name: str) -> Answer:
    return Answer(200, {"keypair": render.shown(queries.keypair(call.caller, name, user=_user(call)), frame(call))})


@describes(takes=requests.Body, answers={200: MADE, 201: MADE})
def create_keypair(call: Call) -> Answer:
    wanted = requests.creation(call)
    about = {"user": wanted.user_id or "", "kind": wanted.type or keypairs.SSH}
    if wanted.public_key is None:
        pair, private = keypairs.make_keypair(call.caller, wanted.name, **about)
    else:
        pair, private = keypairs.import_keypair(call.caller, wanted.name, wanted.public_key, **about), ""
    status = 201 if call.at_least(Since.KEYPAIR_TYPE) else 200
    return Answer(status, {"keypair": render.created(pair, frame(call), private)})


@describes(answers={202: None, 204: None}, query=["user_id"])
def delete_keypair(call: Call, name: str) -> Answer:
    keypairs.delete_keypair(call.caller, name, user=_user(call))
    return Answer(204 if call.at_least(Since.KEYPAIR_TYPE) else 202)


def _user(call: Call) -> str:
    return call.query.one("user_id") if call.at_least(Since.KEYPAIR_USER) else ""

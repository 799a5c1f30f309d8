"""Keystone's addresses, below ``/identity``."""

from synnefo.api.identity import auth, credentials, endpoints, projects, roles, users, versions
from synnefo.api.kernel.dialects import KEYSTONE
from synnefo.api.kernel.routing import route

_ON_PROJECT = "v3/projects/<project_id>/users/<user_id>/roles"
_ON_DOMAIN = "v3/domains/<domain_id>/users/<user_id>/roles"
_CREDENTIALS = "v3/users/<user_id>/application_credentials"

urlpatterns = [
    route("", KEYSTONE, GET=versions.root, auth=False),
    route("v3", KEYSTONE, GET=versions.v3, auth=False),
    route(
        "v3/auth/tokens",
        KEYSTONE,
        public=("POST",),
        GET=auth.show_token,
        POST=auth.create_token,
        DELETE=auth.delete_token,
    ),
    route("v3/auth/catalog", KEYSTONE, GET=auth.show_catalog),
    route("v3/auth/projects", KEYSTONE, GET=auth.list_projects),
    route("v3/auth/domains", KEYSTONE, GET=auth.list_domains),
    route("v3/auth/system", KEYSTONE, GET=auth.list_systems),
    route("v3/domains", KEYSTONE, GET=projects.list_domains),
    route("v3/domains/<domain_id>", KEYSTONE, GET=projects.show_domain),
    route("v3/projects", KEYSTONE, GET=projects.list_projects, POST=projects.create_project),
    route(
        "v3/projects/<project_id>",
        KEYSTONE,
        GET=projects.show_project,
        PATCH=projects.change_project,
        DELETE=projects.delete_project,
    ),
    route("v3/users", KEYSTONE, GET=users.list_users, POST=users.create_user),
    route("v3/users/<user_id>", KEYSTONE, GET=users.show_user, PATCH=users.change_user, DELETE=users.delete_user),
    route("v3/users/<user_id>/password", KEYSTONE, POST=users.change_password),
    route("v3/users/<user_id>/projects", KEYSTONE, GET=users.list_projects),
    route(_CREDENTIALS, KEYSTONE, GET=credentials.list_credentials, POST=credentials.create_credential),
    route(
        f"{_CREDENTIALS}/<credential_id>",
        KEYSTONE,
        GET=credentials.show_credential,
        DELETE=credentials.delete_credential,
    ),
    route("v3/roles", KEYSTONE, GET=roles.list_roles, POST=roles.create_role),
    route("v3/roles/<role_id>", KEYSTONE, GET=roles.show_role, PATCH=roles.change_role, DELETE=roles.delete_role),
    route("v3/role_assignments", KEYSTONE, GET=roles.list_assignments),
    route(_ON_PROJECT, KEYSTONE, GET=roles.list_roles_on),
    route(f"{_ON_PROJECT}/<role_id>", KEYSTONE, GET=roles.check_role, PUT=roles.assign, DELETE=roles.unassign),
    route(_ON_DOMAIN, KEYSTONE, GET=roles.list_roles_on),
    route(f"{_ON_DOMAIN}/<role_id>", KEYSTONE, GET=roles.check_role, PUT=roles.assign, DELETE=roles.unassign),
    route("v3/services", KEYSTONE, GET=endpoints.list_services),
    route("v3/services/<id>", KEYSTONE, GET=endpoints.show_service),
    route("v3/endpoints", KEYSTONE, GET=endpoints.list_endpoints),
    route("v3/endpoints/<id>", KEYSTONE, GET=endpoints.show_endpoint),
    route("v3/regions", KEYSTONE, GET=endpoints.list_regions),
    route("v3/regions/<id>", KEYSTONE, GET=endpoints.show_region),
]

"""Keystone's addresses, below ``/identity``."""

from django.urls import URLPattern

from synnefo.api.identity import (
    assignments,
    auth,
    clouds,
    credentials,
    domains,
    endpoints,
    groups,
    limits,
    policies,
    projects,
    roles,
    stored,
    users,
    versions,
)
from synnefo.api.kernel.dialects import KEYSTONE
from synnefo.api.kernel.routing import route

_CREDENTIALS = "v3/users/<user_id>/application_credentials"
_TAGS = "v3/projects/<project_id>/tags"
_IMPLIES = "v3/roles/<prior_id>/implies"
_PLACES = ("projects/<project_id>", "domains/<domain_id>", "system")
_ACTORS = ("users/<user_id>", "groups/<group_id>")


def _grants(before: str, behind: str) -> list[URLPattern]:
    """The addresses of all roles, and of one, that an actor holds in a place. Nothing inherits from the system."""
    held = [
        f"{before}{place}/{actor}/roles" for place in _PLACES for actor in _ACTORS if not (behind and place == "system")
    ]
    return [
        *(route(path + behind, KEYSTONE, GET=assignments.list_roles) for path in held),
        *(_grant(f"{path}/<role_id>{behind}") for path in held),
    ]


def _grant(path: str) -> URLPattern:
    return route(path, KEYSTONE, GET=assignments.check, PUT=assignments.give, DELETE=assignments.take)


urlpatterns = [
    route("", KEYSTONE, GET=versions.root, auth=False),
    route("v3", KEYSTONE, GET=versions.v3, auth=False),
    route("clouds.yaml", KEYSTONE, GET=clouds.show),
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
    route("v3/domains", KEYSTONE, GET=domains.list_domains, POST=domains.create_domain),
    route(
        "v3/domains/<domain_id>",
        KEYSTONE,
        GET=domains.show_domain,
        PATCH=domains.change_domain,
        DELETE=domains.delete_domain,
    ),
    route("v3/projects", KEYSTONE, GET=projects.list_projects, POST=projects.create_project),
    route(
        "v3/projects/<project_id>",
        KEYSTONE,
        GET=projects.show_project,
        PATCH=projects.change_project,
        DELETE=projects.delete_project,
    ),
    route(_TAGS, KEYSTONE, GET=projects.list_tags, PUT=projects.replace_tags, DELETE=projects.remove_tags),
    route(f"{_TAGS}/<tag>", KEYSTONE, GET=projects.check_tag, PUT=projects.add_tag, DELETE=projects.remove_tag),
    route("v3/users", KEYSTONE, GET=users.list_users, POST=users.create_user),
    route("v3/users/<user_id>", KEYSTONE, GET=users.show_user, PATCH=users.change_user, DELETE=users.delete_user),
    route("v3/users/<user_id>/password", KEYSTONE, POST=users.change_password),
    route("v3/users/<user_id>/projects", KEYSTONE, GET=users.list_projects),
    route("v3/users/<user_id>/groups", KEYSTONE, GET=users.list_groups),
    route("v3/groups", KEYSTONE, GET=groups.list_groups, POST=groups.create_group),
    route(
        "v3/groups/<group_id>", KEYSTONE, GET=groups.show_group, PATCH=groups.change_group, DELETE=groups.delete_group
    ),
    route("v3/groups/<group_id>/users", KEYSTONE, GET=groups.list_users),
    route(
        "v3/groups/<group_id>/users/<user_id>",
        KEYSTONE,
        GET=groups.check_user,
        PUT=groups.add_user,
        DELETE=groups.remove_user,
    ),
    route(_CREDENTIALS, KEYSTONE, GET=credentials.list_credentials, POST=credentials.create_credential),
    route(
        f"{_CREDENTIALS}/<credential_id>",
        KEYSTONE,
        GET=credentials.show_credential,
        DELETE=credentials.delete_credential,
    ),
    route("v3/users/<user_id>/access_rules", KEYSTONE, GET=credentials.list_rules),
    route(
        "v3/users/<user_id>/access_rules/<rule_id>",
        KEYSTONE,
        GET=credentials.show_rule,
        DELETE=credentials.delete_rule,
    ),
    route("v3/users/<user_id>/credentials/OS-EC2", KEYSTONE, GET=stored.list_keys, POST=stored.create_key),
    route("v3/users/<user_id>/credentials/OS-EC2/<access>", KEYSTONE, GET=stored.show_key, DELETE=stored.delete_key),
    route("v3/credentials", KEYSTONE, GET=stored.list_credentials, POST=stored.create_credential),
    route(
        "v3/credentials/<credential_id>",
        KEYSTONE,
        GET=stored.show_credential,
        PATCH=stored.change_credential,
        DELETE=stored.delete_credential,
    ),
    route("v3/ec2tokens", KEYSTONE, POST=stored.check_signature),
    route("v3/roles", KEYSTONE, GET=roles.list_roles, POST=roles.create_role),
    route("v3/roles/<role_id>", KEYSTONE, GET=roles.show_role, PATCH=roles.change_role, DELETE=roles.delete_role),
    route(_IMPLIES, KEYSTONE, GET=roles.list_implied),
    route(
        f"{_IMPLIES}/<implied_id>",
        KEYSTONE,
        GET=roles.show_implied,
        PUT=roles.imply,
        DELETE=roles.imply_no_longer,
    ),
    route("v3/role_inferences", KEYSTONE, GET=roles.list_inferences),
    route("v3/role_assignments", KEYSTONE, GET=assignments.list_assignments),
    *_grants("v3/", ""),
    *_grants("v3/OS-INHERIT/", "/inherited_to_projects"),
    route("v3/services", KEYSTONE, GET=endpoints.list_services, POST=endpoints.create_service),
    route(
        "v3/services/<id>",
        KEYSTONE,
        GET=endpoints.show_service,
        PATCH=endpoints.change_service,
        DELETE=endpoints.delete_service,
    ),
    route("v3/endpoints", KEYSTONE, GET=endpoints.list_endpoints, POST=endpoints.create_endpoint),
    route(
        "v3/endpoints/<id>",
        KEYSTONE,
        GET=endpoints.show_endpoint,
        PATCH=endpoints.change_endpoint,
        DELETE=endpoints.delete_endpoint,
    ),
    route("v3/regions", KEYSTONE, GET=endpoints.list_regions, POST=endpoints.create_region),
    route(
        "v3/regions/<id>",
        KEYSTONE,
        GET=endpoints.show_region,
        PUT=endpoints.create_region,
        PATCH=endpoints.change_region,
        DELETE=endpoints.delete_region,
    ),
    route("v3/policies", KEYSTONE, GET=policies.list_policies, POST=policies.create_policy),
    route(
        "v3/policies/<policy_id>",
        KEYSTONE,
        GET=policies.show_policy,
        PATCH=policies.change_policy,
        DELETE=policies.delete_policy,
    ),
    route("v3/registered_limits", KEYSTONE, GET=limits.list_registered, POST=limits.register),
    route(
        "v3/registered_limits/<limit_id>",
        KEYSTONE,
        GET=limits.show_registered,
        PATCH=limits.change_registered,
        DELETE=limits.unregister,
    ),
    route("v3/limits", KEYSTONE, GET=limits.list_limits, POST=limits.create_limits),
    route("v3/limits/model", KEYSTONE, GET=limits.show_model),
    route(
        "v3/limits/<limit_id>",
        KEYSTONE,
        GET=limits.show_limit,
        PATCH=limits.change_limit,
        DELETE=limits.delete_limit,
    ),
]

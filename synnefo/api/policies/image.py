"""Glance's rules."""

from typing import Final

from logic.policy import Rule, register
from synnefo.api.policies.tables import Table, table

register([Rule("copy_image", ("admin_required",), "copy_image")])  # asked by the command, of one kind of import
TABLE: Final[Table] = table("""
GET    v2/images                              get_images               anyone
POST   v2/images                              add_image                member
POST   v2/images/                             add_image                member
GET    v2/images/<image_id>                   get_image                anyone
PATCH  v2/images/<image_id>                   modify_image             member
DELETE v2/images/<image_id>                   delete_image             member
GET    v2/images/<image_id>/file              download_image           anyone
PUT    v2/images/<image_id>/file              upload_image             member
PUT    v2/images/<image_id>/stage             upload_image             member
POST   v2/images/<image_id>/import            modify_image             member
GET    v2/images/<image_id>/tasks             get_image                anyone
POST   v2/images/<image_id>/actions/deactivate deactivate              member
POST   v2/images/<image_id>/actions/reactivate reactivate              member
PUT    v2/images/<image_id>/tags/<tag>        modify_image             member
DELETE v2/images/<image_id>/tags/<tag>        modify_image             member
GET    v2/images/<image_id>/members           get_members              anyone
POST   v2/images/<image_id>/members           add_member               member
GET    v2/images/<image_id>/members/<member>  get_member               anyone
PUT    v2/images/<image_id>/members/<member>  modify_member            member
DELETE v2/images/<image_id>/members/<member>  delete_member            member
DELETE v2/stores/<store>/<image_id>           delete_image_location    member
GET    v2/tasks                               tasks_api_access         admin
POST   v2/tasks                               tasks_api_access         admin
GET    v2/tasks/<task_id>                     tasks_api_access         admin
GET    v2/info/stores/detail                  stores_info_detail       admin
GET    v2/info/usage                          get_usage                reader
""")

"""Nova's rules. What Nova itself asks no rule for (flavors, images, extensions) has a name in its manner."""

from typing import Final

from synnefo.api.policies.tables import Table, table

_SERVERS: Final = """
GET    servers                                     os_compute_api:servers:index                 reader
GET    servers/detail                              os_compute_api:servers:detail                reader
POST   servers                                     os_compute_api:servers:create                member
GET    servers/<server_id>                         os_compute_api:servers:show                  reader
PUT    servers/<server_id>                         os_compute_api:servers:update                member
DELETE servers/<server_id>                         os_compute_api:servers:delete                member
GET    servers/<server_id>/metadata                os_compute_api:server-metadata:index         reader
POST   servers/<server_id>/metadata                os_compute_api:server-metadata:create        member
PUT    servers/<server_id>/metadata                os_compute_api:server-metadata:update_all    member
GET    servers/<server_id>/metadata/<key>          os_compute_api:server-metadata:show          reader
PUT    servers/<server_id>/metadata/<key>          os_compute_api:server-metadata:update        member
DELETE servers/<server_id>/metadata/<key>          os_compute_api:server-metadata:delete        member
GET    servers/<server_id>/ips                     os_compute_api:ips:index                     reader
GET    servers/<server_id>/ips/<label>             os_compute_api:ips:show                      reader
GET    servers/<server_id>/os-interface            os_compute_api:os-attach-interfaces:list     reader
POST   servers/<server_id>/os-interface            os_compute_api:os-attach-interfaces:create   member
GET    servers/<server_id>/os-interface/<port_id>  os_compute_api:os-attach-interfaces:show     reader
DELETE servers/<server_id>/os-interface/<port_id>  os_compute_api:os-attach-interfaces:delete   member
GET    servers/<server_id>/os-security-groups      os_compute_api:os-security-groups:list       reader
GET    servers/<server_id>/os-instance-actions     os_compute_api:os-instance-actions:list      reader
GET    servers/<server_id>/os-instance-actions/<request_id> os_compute_api:os-instance-actions:show reader
GET    servers/<server_id>/os-volume_attachments   os_compute_api:os-volumes-attachments:index  reader
POST   servers/<server_id>/os-volume_attachments   os_compute_api:os-volumes-attachments:create member
GET    servers/<server_id>/os-volume_attachments/<volume_id> os_compute_api:os-volumes-attachments:show reader
PUT    servers/<server_id>/os-volume_attachments/<volume_id> os_compute_api:os-volumes-attachments:update member
DELETE servers/<server_id>/os-volume_attachments/<volume_id> os_compute_api:os-volumes-attachments:delete member
POST   servers/<server_id>/remote-consoles         os_compute_api:os-remote-consoles            member
GET    servers/<server_id>/tags                    os_compute_api:os-server-tags:index          reader
PUT    servers/<server_id>/tags                    os_compute_api:os-server-tags:update_all     member
DELETE servers/<server_id>/tags                    os_compute_api:os-server-tags:delete_all     member
GET    servers/<server_id>/tags/<tag>              os_compute_api:os-server-tags:show           reader
PUT    servers/<server_id>/tags/<tag>              os_compute_api:os-server-tags:update         member
DELETE servers/<server_id>/tags/<tag>              os_compute_api:os-server-tags:delete         member
GET    servers/<server_id>/diagnostics             os_compute_api:os-server-diagnostics         admin
GET    servers/<server_id>/migrations              os_compute_api:servers:migrations:index      admin
GET    servers/<server_id>/migrations/<migration_id> os_compute_api:servers:migrations:show     admin
DELETE servers/<server_id>/migrations/<migration_id> os_compute_api:servers:migrations:delete   admin
POST   servers/<server_id>/migrations/<migration_id>/action os_compute_api:servers:migrations:force_complete admin
GET    servers/<server_id>/os-server-password      os_compute_api:os-server-password:show       reader
DELETE servers/<server_id>/os-server-password      os_compute_api:os-server-password:clear      member
GET    servers/<server_id>/shares                  os_compute_api:os-server-shares:index        reader
POST   servers/<server_id>/shares                  os_compute_api:os-server-shares:create       member
GET    servers/<server_id>/shares/<share_id>       os_compute_api:os-server-shares:show         reader
DELETE servers/<server_id>/shares/<share_id>       os_compute_api:os-server-shares:delete       member
GET    servers/<server_id>/topology                compute:server:topology:index                reader
"""
_ACTION: Final = "POST servers/<server_id>/action#"
_ACTIONS: Final = {
    "os-start": "servers:start",
    "os-stop": "servers:stop",
    "reboot": "servers:reboot",
    "rebuild": "servers:rebuild",
    "resize": "servers:resize",
    "confirmResize": "servers:confirm_resize",
    "revertResize": "servers:revert_resize",
    "createImage": "servers:create_image",
    "createBackup": "os-create-backup",
    "pause": "os-pause-server:pause",
    "unpause": "os-pause-server:unpause",
    "shelve": "os-shelve:shelve",
    "unshelve": "os-shelve:unshelve",
    "rescue": "os-rescue",
    "unrescue": "os-unrescue",
    "lock": "os-lock-server:lock",
    "unlock": "os-lock-server:unlock",
    "changePassword": "os-admin-password",
    "forceDelete": "os-deferred-delete:force",
    "restore": "os-deferred-delete:restore",
    "resume": "os-suspend-server:resume",
    "os-getConsoleOutput": "os-console-output",
    "os-getVNCConsole": "os-remote-consoles",
    "os-getSPICEConsole": "os-remote-consoles",
    "os-getRDPConsole": "os-remote-consoles",
    "os-getSerialConsole": "os-remote-consoles",
    "os-getMKSConsole": "os-remote-consoles",
    "addSecurityGroup": "os-security-groups:add",
    "removeSecurityGroup": "os-security-groups:remove",
    "addFloatingIp": "os-floating-ips:add",
    "removeFloatingIp": "os-floating-ips:remove",
}
_OF_ADMINS: Final = {
    "os-resetState": "os-admin-actions:reset_state",
    "injectNetworkInfo": "os-admin-actions:inject_network_info",
    "migrate": "os-migrate-server:migrate",
    "os-migrateLive": "os-migrate-server:migrate_live",
    "evacuate": "os-evacuate",
    "shelveOffload": "os-shelve:shelve_offload",
}
_REST: Final = """
GET    flavors                                     os_compute_api:flavors:index                 reader
GET    flavors/detail                              os_compute_api:flavors:index                 reader
GET    flavors/<flavor_id>                         os_compute_api:flavors:show                  reader
POST   flavors                                     os_compute_api:os-flavor-manage:create       admin
PUT    flavors/<flavor_id>                         os_compute_api:os-flavor-manage:update       admin
DELETE flavors/<flavor_id>                         os_compute_api:os-flavor-manage:delete       admin
POST   flavors/<flavor_id>/action#addTenantAccess  os_compute_api:os-flavor-access:add_tenant_access    admin
POST   flavors/<flavor_id>/action#removeTenantAccess os_compute_api:os-flavor-access:remove_tenant_access admin
GET    flavors/<flavor_id>/os-flavor-access        os_compute_api:os-flavor-access              admin
GET    flavors/<flavor_id>/os-extra_specs          os_compute_api:os-flavor-extra-specs:index   reader
POST   flavors/<flavor_id>/os-extra_specs          os_compute_api:os-flavor-extra-specs:create  admin
GET    flavors/<flavor_id>/os-extra_specs/<key>    os_compute_api:os-flavor-extra-specs:show    reader
PUT    flavors/<flavor_id>/os-extra_specs/<key>    os_compute_api:os-flavor-extra-specs:update  admin
DELETE flavors/<flavor_id>/os-extra_specs/<key>    os_compute_api:os-flavor-extra-specs:delete  admin
GET    images                                      os_compute_api:images:index                  reader
GET    images/                                     os_compute_api:images:index                  reader
GET    images/detail                               os_compute_api:images:index                  reader
GET    images/<image_id>                           os_compute_api:images:show                   reader
DELETE images/                                     os_compute_api:images:delete                 member
DELETE images/<image_id>                           os_compute_api:images:delete                 member
GET    images/<image_id>/metadata                  os_compute_api:image-metadata:index          reader
POST   images/<image_id>/metadata                  os_compute_api:image-metadata:create         member
PUT    images/<image_id>/metadata                  os_compute_api:image-metadata:update_all     member
GET    images/<image_id>/metadata/<key>            os_compute_api:image-metadata:show           reader
PUT    images/<image_id>/metadata/<key>            os_compute_api:image-metadata:update         member
DELETE images/<image_id>/metadata/<key>            os_compute_api:image-metadata:delete         member
GET    os-keypairs                                 os_compute_api:os-keypairs:index             reader
POST   os-keypairs                                 os_compute_api:os-keypairs:create            member
GET    os-keypairs/<name>                          os_compute_api:os-keypairs:show              reader
DELETE os-keypairs/<name>                          os_compute_api:os-keypairs:delete            member
GET    limits                                      os_compute_api:limits                        reader
GET    os-quota-sets/<project>                     os_compute_api:os-quota-sets:show            reader
GET    os-quota-sets/<project>/detail              os_compute_api:os-quota-sets:detail          reader
GET    os-quota-sets/<project>/defaults            os_compute_api:os-quota-sets:defaults        reader
PUT    os-quota-sets/<project>                     os_compute_api:os-quota-sets:update          admin
DELETE os-quota-sets/<project>                     os_compute_api:os-quota-sets:delete          admin
GET    os-quota-class-sets/<name>                  os_compute_api:os-quota-class-sets:show      admin
PUT    os-quota-class-sets/<name>                  os_compute_api:os-quota-class-sets:update    admin
GET    os-availability-zone                        os_compute_api:os-availability-zone:list     reader
GET    os-availability-zone/detail                 os_compute_api:os-availability-zone:detail   admin
GET    os-services                                 os_compute_api:os-services:list              admin
PUT    os-services/<action>                        os_compute_api:os-services:update            admin
GET    os-hosts                                    os_compute_api:os-hosts:list                 admin
GET    os-hosts/<host>                             os_compute_api:os-hosts:show                 admin
PUT    os-hosts/<host>                             os_compute_api:os-hosts:update               admin
GET    os-hosts/<host>/<action>                    os_compute_api:os-hosts:reboot               admin
GET    os-hypervisors                              os_compute_api:os-hypervisors:list           admin
GET    os-hypervisors/detail                       os_compute_api:os-hypervisors:list-detail    admin
GET    os-hypervisors/statistics                   os_compute_api:os-hypervisors:statistics     admin
GET    os-hypervisors/<hypervisor>                 os_compute_api:os-hypervisors:show           admin
GET    os-hypervisors/<hypervisor>/uptime          os_compute_api:os-hypervisors:uptime         admin
GET    os-hypervisors/<hypervisor>/search          os_compute_api:os-hypervisors:search         admin
GET    os-hypervisors/<hypervisor>/servers         os_compute_api:os-hypervisors:servers        admin
GET    os-simple-tenant-usage                      os_compute_api:os-simple-tenant-usage:list   admin
GET    os-simple-tenant-usage/                     os_compute_api:os-simple-tenant-usage:show   reader
GET    os-simple-tenant-usage/<project>            os_compute_api:os-simple-tenant-usage:show   reader
GET    os-instance_usage_audit_log                 os_compute_api:os-instance-usage-audit-log:list admin
GET    os-instance_usage_audit_log/<moment>        os_compute_api:os-instance-usage-audit-log:show admin
GET    os-networks                                 os_compute_api:os-networks:list              reader
GET    os-networks/<network_id>                    os_compute_api:os-networks:show              reader
GET    os-tenant-networks                          os_compute_api:os-tenant-networks:list       reader
GET    os-tenant-networks/<network_id>             os_compute_api:os-tenant-networks:show       reader
GET    os-volumes                                  os_compute_api:os-volumes:list               reader
GET    os-volumes/detail                           os_compute_api:os-volumes:detail             reader
POST   os-volumes                                  os_compute_api:os-volumes:create             member
GET    os-volumes/                                 os_compute_api:os-volumes:show               reader
GET    os-volumes/<volume_id>                      os_compute_api:os-volumes:show               reader
DELETE os-volumes/                                 os_compute_api:os-volumes:delete             member
DELETE os-volumes/<volume_id>                      os_compute_api:os-volumes:delete             member
GET    os-snapshots                                os_compute_api:os-volumes:snapshots:list     reader
GET    os-snapshots/detail                         os_compute_api:os-volumes:snapshots:detail   reader
POST   os-snapshots                                os_compute_api:os-volumes:snapshots:create   member
GET    os-snapshots/<snapshot_id>                  os_compute_api:os-volumes:snapshots:show     reader
DELETE os-snapshots/<snapshot_id>                  os_compute_api:os-volumes:snapshots:delete   member
GET    os-floating-ips                             os_compute_api:os-floating-ips:list          reader
POST   os-floating-ips                             os_compute_api:os-floating-ips:create        member
GET    os-floating-ips/<id>                        os_compute_api:os-floating-ips:show          reader
DELETE os-floating-ips/<id>                        os_compute_api:os-floating-ips:delete        member
GET    os-floating-ip-pools                        os_compute_api:os-floating-ip-pools          reader
GET    os-security-groups                          os_compute_api:os-security-groups:get        reader
GET    os-security-groups/                         os_compute_api:os-security-groups:get        reader
POST   os-security-groups                          os_compute_api:os-security-groups:create     member
GET    os-security-groups/<id>                     os_compute_api:os-security-groups:show       reader
PUT    os-security-groups/<id>                     os_compute_api:os-security-groups:update     member
DELETE os-security-groups/                         os_compute_api:os-security-groups:delete     member
DELETE os-security-groups/<id>                     os_compute_api:os-security-groups:delete     member
POST   os-security-group-rules                     os_compute_api:os-security-groups:rule:create member
DELETE os-security-group-rules/<id>                os_compute_api:os-security-groups:rule:delete member
GET    os-aggregates                               os_compute_api:os-aggregates:index           admin
POST   os-aggregates                               os_compute_api:os-aggregates:create          admin
GET    os-aggregates/<aggregate_id>                os_compute_api:os-aggregates:show            admin
PUT    os-aggregates/<aggregate_id>                os_compute_api:os-aggregates:update          admin
DELETE os-aggregates/<aggregate_id>                os_compute_api:os-aggregates:delete          admin
POST   os-aggregates/<aggregate_id>/action#add_host     os_compute_api:os-aggregates:add_host     admin
POST   os-aggregates/<aggregate_id>/action#remove_host  os_compute_api:os-aggregates:remove_host  admin
POST   os-aggregates/<aggregate_id>/action#set_metadata os_compute_api:os-aggregates:set_metadata admin
POST   os-server-external-events                   os_compute_api:os-server-external-events:create admin
GET    os-migrations                               os_compute_api:os-migrations:index           admin
GET    os-server-groups                            os_compute_api:os-server-groups:index        reader
POST   os-server-groups                            os_compute_api:os-server-groups:create       member
GET    os-server-groups/<group_id>                 os_compute_api:os-server-groups:show         reader
DELETE os-server-groups/<group_id>                 os_compute_api:os-server-groups:delete       member
GET    extensions                                  os_compute_api:extensions                    reader
GET    extensions/<alias>                          os_compute_api:extensions                    reader
"""


def _acts(role: str, actions: dict[str, str]) -> str:
    return "".join(f"{_ACTION}{word} os_compute_api:{name} {role}\n" for word, name in actions.items())


TABLE: Final[Table] = table(_SERVERS + _acts("member", _ACTIONS) + _acts("admin", _OF_ADMINS) + _REST)

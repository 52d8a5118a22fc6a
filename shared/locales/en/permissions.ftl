## Permissions

permission-staff = entering the administration (staff)
permission-missing-one = You would need this permission:
permission-missing-all = You would need these permissions:
permission-missing-any = You would need one of these permissions:
login-as-another = You do not have permission to see that page. Log in as somebody who does, if you can.
delete-superuser = This is the last superuser’s account. Make somebody else a superuser before you delete it.

permission-auth-change_user = Can change what accounts may do
permission-auth-delete_user = Can delete accounts
permission-auth-view_user = Can view accounts
permission-auth-add_group = Can add groups
permission-auth-change_group = Can change what groups may do
permission-auth-delete_group = Can delete groups
permission-auth-view_group = Can view groups
permission-sessions-delete_session = Can end sessions
permission-sessions-view_session = Can view sessions and log-ins
permission-media-view_upload = Can view the list of uploads
permission-audit-view_event = Can view the audit trail
permission-shop-add_order = Can add orders
permission-shop-change_order = Can change orders
permission-shop-delete_order = Can delete orders
permission-shop-view_order = Can view orders

## 권한

permission-staff = 관리 화면 출입 (스태프)
permission-missing-one = 다음 권한이 필요합니다:
permission-missing-all = 다음 권한이 모두 필요합니다:
permission-missing-any = 다음 권한 중 하나가 필요합니다:
login-as-another = 이 페이지를 볼 권한이 없습니다. 권한이 있는 계정이 있다면 그 계정으로 로그인하세요.
delete-superuser = 마지막 최고 관리자의 계정입니다. 삭제하기 전에 다른 사람을 최고 관리자로 지정하세요.

permission-auth-change_user = 계정의 권한을 바꿀 수 있음
permission-auth-delete_user = 계정을 삭제할 수 있음
permission-auth-view_user = 계정을 볼 수 있음
permission-auth-add_group = 그룹을 추가할 수 있음
permission-auth-change_group = 그룹의 권한을 바꿀 수 있음
permission-auth-delete_group = 그룹을 삭제할 수 있음
permission-auth-view_group = 그룹을 볼 수 있음
permission-sessions-delete_session = 세션을 끝낼 수 있음
permission-sessions-view_session = 세션과 로그인 기록을 볼 수 있음
permission-media-view_upload = 업로드 목록을 볼 수 있음
permission-audit-view_event = 감사 기록을 볼 수 있음
permission-shop-add_order = 주문을 추가할 수 있음
permission-shop-change_order = 주문을 바꿀 수 있음
permission-shop-delete_order = 주문을 삭제할 수 있음
permission-shop-view_order = 주문을 볼 수 있음

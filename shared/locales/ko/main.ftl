# Portico의 문구(한국어). 모든 키는 ../en/main.ftl에도 있으며, 테스트가 둘을 비교합니다.
# 문구에는 마크업을 넣지 않습니다. 이스케이프는 템플릿이 합니다.

## 공통 틀

skip-to-content = 본문으로 건너뛰기
nav-account = 계정
nav-home = 홈으로 가기
nav-profile = 프로필
nav-login = 로그인
nav-logout = 로그아웃
nav-signup = 회원가입
message-dismiss = 닫기
theme-label = 화면 테마
theme-auto = 시스템
theme-light = 밝게
theme-dark = 어둡게
language-label = 언어

## 홈

home-title = 홈
home-heading = 계정과 세션, 업로드를 Lambda에서
home-lead = 지금 보고 계신 것은 실행 중인 Portico입니다. Django에서 익숙한 웹의 기본기를 AWS Lambda에 맞는 작은 Rust 함수들로 옮겼습니다. 계정을 만들어 직접 써 보세요.
home-signup = 계정 만들기
home-greeting = { $name }님, 안녕하세요
home-greeting-lead = 로그인되어 있습니다. 이런 일을 할 수 있습니다.
home-card-profile = 프로필 수정
home-card-profile-text = 이름과 전화번호, 짧은 소개를 적어 둡니다.
home-card-picture = 사진 고르기
home-card-picture-text = 사진은 브라우저에서 S3로 바로 올라가고, 검사를 마친 뒤에만 공개됩니다.
home-card-account = 내 계정
home-functions = 이 페이지들의 뒤편
home-functions-lead = 함수 하나가 작은 패키지 하나이고, 한 가지 일만 합니다. 모든 함수는 같은 파이프라인을 거칩니다.
home-function-home = 이 페이지를 보여 주고, 없는 주소에도 답합니다.
home-function-signup = 계정을 만듭니다. 한 번의 트랜잭션으로 처리해 이메일과 사용자 이름이 겹치지 않습니다.
home-function-login = 비밀번호를 확인하고 세션을 시작합니다.
home-function-admin = 스태프가 계정, 그룹, 감사 기록을 관리합니다. 켜야만 열립니다.
home-function-logout = 이 세션만, 또는 모든 세션을 한 번에 끝냅니다. 링크가 아니라 버튼으로만 동작합니다.
home-function-password = 비밀번호를 바꾸거나, 메일로 받은 링크로 새로 정합니다. 바뀌면 다른 세션은 모두 끝납니다.
home-function-email = 이메일 주소를 확인하고 변경합니다. 이전 주소의 주인은 변경을 되돌릴 수 있습니다.
home-function-profile = 프로필을 보여 주고 저장합니다. 동시에 저장해도 서로 덮어쓰지 않습니다.
home-function-presign-upload = 업로드에 서명합니다. 파일은 함수를 거치지 않고 브라우저에서 S3로 바로 갑니다.
home-function-process-upload = 파일이 도착하면 실행됩니다. 해독해서 새로 그린 다음에야 공개합니다.
home-function-media = 내 파일을 보여 주고, 볼 수 있는 사람에게만 1분 동안 쓸 수 있는 주소를 알려 줍니다.
home-function-mailer = 메일을 보내기로 하면 실행되어, 받을 사람을 정하고 메일을 써서 한 번만 보냅니다.
home-function-static-files = 작은 사이트에서 버킷 없이 CSS, JavaScript, 이미지를 내려 줍니다.

## 양식

form-error-title = 입력한 내용을 확인해 주세요
form-error-prefix = 오류:
form-optional = (선택)
form-show = 보기
form-hide = 숨기기
form-yes = 예
form-no = 아니요
form-empty = (비어 있음)
form-characters-left = 남은 글자 수: { $count }

label-email = 이메일
label-username = 사용자 이름
label-first-name = 이름
label-last-name = 성
label-phone = 전화번호
label-bio = 소개
label-is-marketing-agreed = 소식과 혜택 정보 받기
label-password1 = 비밀번호
label-password2 = 비밀번호 확인
label-password = 비밀번호
label-login-username = 이메일 또는 사용자 이름
label-remember = 로그인 상태 유지
marketing-hint = 언제든지 바꿀 수 있습니다.

## 회원가입, 로그인, 로그아웃

signup-title = 회원가입
signup-lead = 1분이면 계정을 만들 수 있습니다.
signup-account = 계정 정보
signup-about = 내 정보
signup-email-hint = 로그인할 때도 씁니다.
signup-username-hint = 글자, 숫자와 . + - _ 를 쓸 수 있습니다.
signup-password-hint = 서로 관련 없는 낱말 몇 개를 이어 쓰면 좋습니다.
signup-submit = 계정 만들기
signup-have-account = 이미 계정이 있으신가요?

login-title = 로그인
login-next-lead = 요청하신 페이지로 가려면 먼저 로그인해 주세요.
login-remember-hint = 본인 기기에서만 선택해 주세요. 선택하지 않으면 브라우저를 닫을 때 로그아웃됩니다.
login-submit = 로그인
login-no-account = 아직 계정이 없으신가요?

logout-title = 로그아웃
logout-lead = 로그아웃하시겠습니까?
logout-why = 로그아웃은 상태를 바꾸는 일이라 버튼을 눌러야 합니다. 링크만으로 된다면 다른 사이트가 마음대로 로그아웃시킬 수 있기 때문입니다.
logout-here = 이 기기에서 로그아웃
logout-everywhere = 모든 기기에서 로그아웃
logout-everywhere-hint = 이 기기를 포함한 모든 기기의 세션을 한 번에 끝냅니다.
logout-not-signed-in = 로그인되어 있지 않아 끝낼 세션이 없습니다.

## 프로필

profile-title = 프로필
profile-about = 내 정보
profile-bio-hint = { $max }자까지 쓸 수 있습니다.
profile-save = 저장
profile-save-mine = 내 내용으로 저장
profile-discard = 변경 취소
profile-theirs = 그사이 저장된 값:
profile-conflict-title = 수정하는 동안 프로필이 바뀌었습니다
profile-conflict = 다른 곳에서 먼저 저장되어 아직 아무것도 저장하지 않았습니다. 입력하신 내용은 그대로 있으며, 서로 다른 항목에는 저장된 값이 함께 표시됩니다. 확인한 뒤 다시 저장해 주세요.
account-title = 계정
account-joined = 가입일
account-last-login = 마지막 로그인
devices-title = 세션

picture-title = 프로필 사진
picture-none = 아직 사진이 없습니다
picture-current = 지금 쓰고 있는 사진입니다
picture-pending = 파일을 기다리고 있습니다
picture-uploading = 올리는 중입니다…
picture-verifying = 사진을 검사하는 중입니다…
picture-ready = 새 사진으로 바뀌었습니다
picture-rejected = 이 파일은 쓸 수 없습니다.
picture-choose = 사진 고르기…
picture-drop = 여기에 끌어다 놓아도 됩니다.
picture-limits = { $types }, 최대 { $max }.
picture-cancel = 취소
picture-cancelled = 업로드를 취소했습니다
picture-retry = 다시 시도
picture-remove = 사진 삭제
picture-wrong-type = 다음 형식의 사진을 골라 주세요: { $types }.
picture-too-large = 파일이 너무 큽니다. { $max }까지 올릴 수 있습니다.
picture-empty = 빈 파일입니다.
picture-failed = 업로드하지 못했습니다. 연결을 확인하고 다시 시도해 주세요.
picture-slow-pending = 아직 파일을 기다리고 있습니다
picture-slow-verifying = 검사가 평소보다 오래 걸립니다.
picture-newer-pending = 새 사진을 기다리고 있습니다
picture-newer-verifying = 새 사진을 검사하는 중입니다…
picture-newer-slow-pending = 아직 새 사진을 기다리고 있습니다
picture-newer-slow-verifying = 새 사진의 검사가 평소보다 오래 걸립니다.
picture-recheck = 다시 확인

## 스크립트 없이 업로드

upload-title = 사진 올리기
upload-lead = 파일을 골라 주세요. 저장소로 바로 올라가고, 검사를 마친 뒤에만 공개됩니다.
upload-file = 사진 파일
upload-submit = 올리기
upload-refused = 이보다 큰 파일은 저장소가 거절하고 짧은 안내문만 보여 줍니다. 그때는 이 사이트로 돌아와 처음부터 다시 올려 주세요.
upload-until = 이 양식의 유효 기한:
profile-back = 프로필로 돌아가기
upload-again = 다른 사진 고르기
upload-refresh = 새로 고침
upload-picture-alt = 새 프로필 사진
upload-state-pending = 파일을 기다리고 있습니다
upload-state-pending-text = 파일이 아직 도착하지 않았습니다. 이 페이지는 자동으로 새로 고쳐집니다.
upload-state-verifying = 사진을 검사하고 있습니다
upload-state-verifying-text = 파일이 도착해 검사하고 있습니다. 이 페이지는 자동으로 새로 고쳐집니다.
upload-state-ready = 사진이 준비되었습니다
upload-state-ready-text = 이제 프로필에 표시됩니다.
upload-state-rejected = 이 사진은 쓸 수 없습니다

upload-reason-too-large = 파일이 허용된 크기보다 큽니다.
upload-reason-not-an-image = 사진 파일이 아닙니다.
upload-reason-type-mismatch = 파일의 내용이 형식과 다릅니다.
upload-reason-truncated = 파일이 중간에 끊겼습니다. 다시 올려 주세요.
upload-reason-animated = 움직이는 사진은 올릴 수 없습니다. 다른 사진을 골라 주세요.
upload-reason-too-many-pixels = 사진의 가로세로 크기가 너무 큽니다. 더 작은 사진을 골라 주세요.
upload-reason-broken = 사진이 손상되어 읽을 수 없습니다.
upload-reason-quota-exceeded = 이 파일을 둘 저장 공간이 부족합니다.
upload-reason-wrong-format = 파일이 이름에 나타난 형식이 아닙니다.
upload-reason-malware = 파일에서 악성 코드가 발견되었습니다.
upload-reason-unscannable = 파일의 악성 코드 검사를 할 수 없어 받을 수 없습니다.
upload-reason-expired = 파일이 제때 도착하지 않았습니다. 다시 올려 주세요.
upload-reason-superseded = 더 새로운 사진으로 바뀌었습니다.
upload-reason-lost = 저장된 파일이 사라졌습니다. 다시 올려 주세요.
upload-reason-cancelled = 업로드를 취소했습니다.

## 이동한 뒤의 알림

login-done = 로그인했습니다.
logout-done = 로그아웃했습니다.
logout-all-done = 모든 기기에서 로그아웃했습니다.
session-ended = 세션이 끝나 저장하지 않았습니다. 로그인한 뒤 다시 시도해 주세요.
signup-done = 환영합니다! 계정이 만들어졌습니다.
profile-saved = 프로필을 저장했습니다.
avatar-removed = 사진을 삭제했습니다.
media-renamed = 파일 이름을 바꾸었습니다.
media-deleted = 파일을 삭제했습니다.
media-shared-done = 파일을 공유했습니다.
media-revoked = 접근 권한을 거두었습니다.
upload-cancelled = 업로드를 취소했습니다.

## 항목의 오류

field-required = 필수 항목입니다.
field-invalid = 올바르지 않은 값입니다.
field-max-length = { $limit }자까지만 쓸 수 있습니다.
field-null-characters = 널(null) 문자는 쓸 수 없습니다.
field-not-a-boolean = 참 또는 거짓이어야 합니다.
field-not-an-integer = 정수여야 합니다.
field-choice = 제시된 항목 중에서 골라 주세요.
email-invalid = 이메일 주소를 name@example.com 형식으로 입력해 주세요.
email-unique = 이미 가입된 이메일 주소입니다.
username-invalid = 글자, 숫자와 . + - _ 만 쓸 수 있습니다.
username-unique = 이미 사용 중인 사용자 이름입니다.
phone-invalid = 전화번호를 010-1234-5678 형식으로 입력해 주세요.
password-mismatch = 두 비밀번호가 서로 다릅니다.
password-too-short = 비밀번호는 { $min }자 이상이어야 합니다.
password-too-long = 비밀번호가 너무 깁니다. { $max }바이트까지 쓸 수 있습니다.
upload-type-invalid = 올릴 수 없는 파일 형식입니다.
upload-size-invalid = 파일 크기가 올바르지 않습니다.
upload-size-too-large = 파일이 너무 큽니다. { $max }까지 올릴 수 있습니다.
upload-extension-mismatch = 파일 이름의 확장자가 형식과 다릅니다.
upload-parts-too-many = 한 번에 요청한 조각이 너무 많습니다.
upload-part-unknown = 파일에 그런 조각이 없습니다.
upload-sha256-invalid = 체크섬이 올바르지 않습니다.
upload-sha256-of-parts = 조각의 체크섬은 처음에 그렇게 시작한 업로드에서만, 조각마다 하나씩 보냅니다.

## 오류

error-title-bad-request = 이해할 수 없는 요청입니다
error-title-login-required = 로그인이 필요합니다
error-title-invalid-login = 로그인하지 못했습니다
error-title-csrf-failed = 유효하지 않은 양식입니다
error-title-permission-denied = 권한이 없습니다
error-title-fresh-login-required = 본인 확인이 필요합니다
error-title-not-found = 페이지를 찾을 수 없습니다
error-title-method-not-allowed = 허용되지 않은 방법입니다
error-title-conflict = 그사이 바뀌었습니다
error-title-quota-exceeded = 저장 공간이 부족합니다
error-title-parts-missing = 아직 끝나지 않았습니다
error-title-payload-too-large = 내용이 너무 큽니다
error-title-session-too-large = 브라우저에 다 담을 수 없습니다
error-title-unsupported-media-type = 지원하지 않는 형식입니다
error-title-invalid = 입력한 내용을 확인해 주세요
error-title-throttled = 시도가 너무 많습니다
error-title-internal = 문제가 생겼습니다
error-title-unavailable = 잠시 이용할 수 없습니다

error-bad-request = 요청을 이해하지 못했습니다.
error-login-required = 이 페이지를 보려면 로그인해 주세요.
error-invalid-login = 이메일(사용자 이름)이나 비밀번호가 맞지 않거나, 사용할 수 없는 계정입니다.
error-csrf-failed = 안전을 위해 이 요청을 처리하지 않았습니다.
error-permission-denied = 이 작업을 할 권한이 없습니다.
error-fresh-login-required = 계속하려면 비밀번호를 다시 확인해 주세요.
error-not-found = 이 주소에는 아무것도 없습니다.
error-method-not-allowed = 이 주소에서는 그런 요청을 받지 않습니다.
error-conflict = 다른 곳에서 먼저 수정했습니다.
error-quota-exceeded = 저장 공간이 부족합니다. 필요 없는 파일을 삭제한 뒤 다시 시도해 주세요.
error-parts-missing = 업로드가 아직 끝나지 않았습니다. 이어서 올려 주세요.
error-payload-too-large = 보내신 내용이 허용된 크기보다 큽니다.
error-session-too-large = 이 사이트는 선택하신 내용을 브라우저에 보관하는데, 더 이상 담을 수 없습니다. 아무것도 바뀌지 않았습니다.
error-unsupported-media-type = 이 주소에서는 그 형식을 받지 않습니다.
error-invalid = 올바르지 않은 값이 있습니다.
error-internal = 서버에서 문제가 생겼습니다. 잠시 뒤에 다시 시도해 주세요.
error-unavailable = 지금은 서비스에 연결할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.
error-csrf-help = 페이지를 오래 열어 두었거나, 다른 탭에서 로그인 또는 로그아웃했거나, 쿠키가 꺼져 있으면 이럴 수 있습니다. 이전 페이지로 돌아가 새로 고친 뒤 다시 보내 주세요.
error-request-id = 요청 번호
error-request-id-hint = 문제가 계속되면 이 번호와 함께 알려 주세요.

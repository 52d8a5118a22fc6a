# 메일의 문구. 모든 키는 ../en/mail.ftl에도 있습니다.
# 제목은 헤더입니다. 방문자가 쓴 글을 제목에 넣지 않습니다.

mail-greeting = { $name }님, 안녕하세요.
mail-greeting-plain = 안녕하세요.
mail-minutes = { $count }분
mail-hours = { $count }시간
mail-days = { $count }일
mail-link-once = 이 링크는 한 번만 쓸 수 있으며, 요청한 때부터 { $lifetime } 동안 유효합니다.
mail-link-copy = 버튼이 눌리지 않으면 아래 주소를 복사해 브라우저에 붙여 넣어 주세요.
mail-at = 일시
mail-address = IP 주소
mail-device = 기기
mail-not-you = 본인이 아닌가요?
mail-automatic = { $site }에서 자동으로 보낸 메일입니다. 회신하셔도 확인하지 않습니다.

mail-confirm-email-subject = { $site } 이메일 주소를 확인해 주세요
mail-confirm-email-title = 이메일 주소를 확인해 주세요
mail-confirm-email-lead = { $site } 계정에 이 주소가 등록되었습니다. 본인의 주소가 맞는지 확인해 주세요.
mail-confirm-email-action = 주소 확인
mail-confirm-email-not-you = 이 메일을 무시하셔도 됩니다. 확인하지 않으면 이 주소는 확인되지 않은 상태로 남습니다.
mail-confirm-email-why = 누군가 { $email }을(를) 자신의 주소로 입력했기 때문에 보내 드리는 메일입니다.

mail-account-exists-subject = { $site }에 이미 계정이 있습니다
mail-account-exists-title = 이미 계정이 있습니다
mail-account-exists-lead = 누군가(아마도 회원님이) 이 주소로 { $site } 계정을 만들려고 했습니다. 이미 계정이 있어 아무것도 바꾸지 않았습니다.
mail-account-exists-action = 로그인
mail-account-exists-forgotten = 비밀번호가 기억나지 않으면 새로 정할 수 있습니다.
mail-account-exists-not-you = 따로 하실 일은 없습니다. 아무도 회원님의 계정에 들어오지 못했고, 시도한 사람은 계정이 있는지조차 알 수 없습니다.
mail-account-exists-why = { $email }이(가) { $site } 계정의 주소이기 때문에 보내 드리는 메일입니다.

mail-reset-password-subject = { $site } 비밀번호를 새로 정해 주세요
mail-reset-password-title = 비밀번호를 새로 정해 주세요
mail-reset-password-lead = { $site } 계정의 비밀번호를 새로 정하려는 요청이 있었습니다.
mail-reset-password-action = 새 비밀번호 정하기
mail-reset-password-not-you = 이 메일을 무시하셔도 됩니다. 비밀번호는 그대로이며, 이 링크 없이는 아무도 바꿀 수 없습니다.
mail-reset-password-why = { $email }이(가) { $site } 계정의 주소이기 때문에 보내 드리는 메일입니다.

mail-password-changed-subject = { $site } 비밀번호가 바뀌었습니다
mail-password-changed-title = 비밀번호가 바뀌었습니다
mail-password-changed-lead = { $site } 계정의 비밀번호가 바뀌었고, 다른 세션은 모두 끝났습니다.
mail-password-changed-not-you = 다른 사람이 비밀번호를 알고 있거나 메일을 읽고 있을 수 있습니다. 지금 바로 비밀번호를 새로 정해 주세요.
mail-password-changed-lead-administrator = { $site } 관리자가 계정의 비밀번호를 바꾸었고, 세션은 모두 끝났습니다.
mail-password-changed-question-administrator = 모르는 일인가요?
mail-password-changed-not-you-administrator = { $site } 운영자에게 문의해 주세요. 비밀번호는 언제든 직접 새로 정할 수 있습니다.
mail-password-changed-why = { $email }이(가) { $site } 계정의 주소이기 때문에 보내 드리는 메일입니다.

mail-change-email-subject = { $site }의 새 이메일 주소를 확인해 주세요
mail-change-email-title = 새 이메일 주소를 확인해 주세요
mail-change-email-lead = 누군가 자신의 { $site } 계정 주소를 이 주소로 바꾸려고 합니다. 본인의 주소가 맞는지 확인해 주세요. 확인하기 전까지는 지금 주소가 그대로 쓰입니다.
mail-change-email-action = 새 주소 확인
mail-change-email-not-you = 이 메일을 무시하셔도 됩니다. 확인하지 않으면 아무것도 바뀌지 않습니다.
mail-change-email-why = 누군가 { $email }을(를) 자신의 새 주소로 입력했기 때문에 보내 드리는 메일입니다.

mail-email-changed-subject = { $site } 계정의 이메일 주소가 바뀌었습니다
mail-email-changed-title = 이메일 주소가 바뀌었습니다
mail-email-changed-lead = { $site } 계정의 주소가 { $new }(으)로 바뀌었습니다. 앞으로 계정에 관한 메일은 그 주소로 갑니다.
mail-email-changed-action = 변경 되돌리기
mail-email-changed-not-you = 지금 바로 변경을 되돌려 주세요. 계정의 주소가 다시 이 주소로 돌아옵니다.
mail-email-changed-why = { $email }이(가) { $site } 계정의 주소였기 때문에 보내 드리는 메일입니다.

mail-email-replaced-subject = 이 주소는 더 이상 { $site } 계정의 주소가 아닙니다
mail-email-replaced-title = 이 주소는 더 이상 계정의 주소가 아닙니다
mail-email-replaced-lead = 이 주소를 쓰던 { $site } 계정의 주소가 다른 주소로 바뀌었습니다. 앞으로 계정에 관한 메일은 그 주소로 갑니다.
mail-email-replaced-not-you = 본인의 계정이라면 { $site } 운영자에게 알려 주세요. 이 주소는 확인된 적이 없어서 여기에서 변경을 되돌릴 수 없습니다. 계정을 만든 적이 없다면 누군가 주소를 잘못 입력한 것이니 그대로 두셔도 됩니다.
mail-email-replaced-why = { $email }이(가) { $site } 계정의 주소였기 때문에 보내 드리는 메일입니다.

mail-new-device-subject = { $site } 계정에 새로운 기기에서 로그인했습니다
mail-new-device-title = 새로운 기기에서 로그인했습니다
mail-new-device-lead = 지금까지 쓰지 않던 기기에서 { $site } 계정에 로그인했습니다. 본인이라면 그대로 두셔도 됩니다.
mail-new-device-not-you = 다른 사람이 비밀번호를 알고 있습니다. 지금 바로 비밀번호를 새로 정해 주세요. 그 사람의 세션도 함께 끝납니다.
mail-new-device-why = { $email }이(가) { $site } 계정의 주소이기 때문에 보내 드리는 메일입니다.

mail-account-deleted-subject = { $site } 계정이 삭제되었습니다
mail-account-deleted-title = 계정이 삭제되었습니다
mail-account-deleted-lead = 비밀번호를 확인한 요청에 따라 { $site } 계정과 그에 딸린 모든 것을 삭제했습니다. 되돌릴 수 없습니다.
mail-account-deleted-not-you = 다른 사람이 비밀번호를 알고 있었습니다. 같은 비밀번호를 다른 곳에서도 쓰고 있다면 지금 바로 바꿔 주세요.
mail-account-deleted-why = { $email }이(가) { $site } 계정의 주소였기 때문에 보내 드리는 메일입니다.

## 새 비밀번호

label-old-password = 현재 비밀번호
label-new-password1 = 새 비밀번호
label-new-password2 = 새 비밀번호 확인

password-change-title = 비밀번호 변경
password-change-lead = 이 기기에서는 로그인이 유지되고, 다른 모든 기기에서는 로그아웃됩니다.
password-change-submit = 비밀번호 변경
password-changed = 비밀번호를 변경했습니다. 다른 모든 기기에서 로그아웃되었습니다.
password-changed-elsewhere = 같은 순간에 다른 곳에서 비밀번호가 바뀌어 이번 변경은 적용하지 않았습니다. 다시 로그인해 주세요.
password-incorrect = 현재 비밀번호가 아닙니다.

password-unusable = 아직 비밀번호가 없는 계정입니다. 메일로 보내 드리는 링크에서 비밀번호를 정해 주세요.

password-forgotten = 비밀번호를 잊으셨나요?
password-reset-title = 비밀번호 재설정
password-reset-lead = 이메일 주소를 입력하시면 새 비밀번호를 정할 수 있는 링크를 보내 드립니다.
password-reset-submit = 링크 보내기
password-reset-sent-title = 메일을 확인해 주세요
password-reset-sent-lead = 이 주소로 만든 계정이 있으면 메일이 곧 도착합니다. 메일의 링크는 { $lifetime } 동안 한 번만 쓸 수 있습니다.
password-reset-sent-help = 메일이 오지 않으면 스팸함을 살펴보시고, 가입할 때 쓴 주소가 맞는지 확인해 주세요.
password-reset-again = 다시 요청하기

password-set-title = 새 비밀번호 설정
password-set-lead = { $email } 계정의 새 비밀번호를 정합니다.
password-set-submit = 비밀번호 설정
password-set-hint = 모든 기기에서 로그아웃됩니다.
password-reset-done = 새 비밀번호를 설정했습니다. 새 비밀번호로 로그인해 주세요.

link-invalid-help = 메일의 링크는 정해진 시간 동안 한 번만 쓸 수 있습니다. 더 나중에 온 메일이 있다면 그 링크를 써 주세요.
link-invalid-again = 새 링크 받기
link-go-on-title = 메일의 링크를 따라오셨습니다
link-go-on-lead = 한 번 더 누르면 여기에서 열립니다.
link-go-on = 계속

## 이메일 주소

label-new-email = 새 이메일 주소
label-present-email = 현재 이메일 주소

email-title = 이메일 주소
email-is-confirmed = 확인된 주소입니다.
email-is-not-confirmed = 아직 확인되지 않은 주소입니다. 보내 드린 메일의 링크를 열어 주세요.
email-resend = 메일 다시 보내기
email-confirmation-sent = 링크가 담긴 메일을 보냈습니다.
email-new-title = 주소 변경
email-new-lead = 새 주소로 링크를 보내 드립니다. 링크를 열면 주소가 바뀌고, 현재 주소로도 알려 드립니다. 현재 주소가 확인된 주소라면 거기에서 변경을 되돌릴 수 있습니다.
email-new-submit = 링크 보내기
email-unchanged = 이미 쓰고 있는 주소입니다.
email-change-sent = 새 주소로 링크가 담긴 메일을 보냈습니다. 링크를 열기 전까지는 주소가 바뀌지 않습니다. 메일이 오지 않으면 다른 계정에서 쓰고 있는 주소일 수 있습니다.

email-confirm-title = 이메일 주소 확인
email-confirm-lead = 본인의 이메일 주소가 맞나요?
email-confirm-submit = 네, 맞습니다
email-not-you = 요청하신 적이 없다면 이 페이지를 닫아 주세요. 아무것도 바뀌지 않습니다.
email-confirmed = 이메일 주소를 확인했습니다.

email-change-title = 이메일 주소 변경
email-change-lead = 앞으로는 새 주소로 로그인하고, 메일도 새 주소로 받게 됩니다.
email-change-submit = 주소 변경
email-change-not = 현재 주소 그대로 쓰기
email-changed = 이메일 주소를 변경했습니다.

email-undo-title = 이전 주소로 되돌리기
email-undo-lead = 계정의 주소를 이전 주소로 되돌립니다:
email-undo-hint = 주소를 바꾼 사람이 비밀번호를 알고 있을 수 있으므로, 모든 기기에서 로그아웃되고 비밀번호도 쓸 수 없게 됩니다. 그런 다음 새 비밀번호를 정할 수 있는 링크를 이 주소로 보내 드립니다.
email-undo-submit = 되돌리기
email-undone = 이전 주소로 되돌렸습니다. 기존 비밀번호는 더 이상 쓸 수 없습니다. 새 비밀번호를 정할 수 있는 링크를 메일로 보내 드렸습니다.

login-confirm-hint = 방금 가입하셨나요? 그렇다면 먼저 이메일 주소를 확인해야 합니다. 메일의 링크를 열어 주세요. 이미 여러 번 보낸 경우가 아니라면 메일을 다시 보내 드렸습니다.

account-change-email = 이메일 변경
account-change-password = 비밀번호 변경
profile-email-unconfirmed = (아직 확인되지 않음)

signup-done-confirm = 환영합니다! 계정이 만들어졌습니다. 보내 드린 메일의 링크를 열어 이메일 주소를 확인해 주세요.
signup-confirm = 감사합니다! 메일을 보내 드렸습니다. 메일의 링크를 연 다음 로그인해 주세요.

error-title-link-invalid = 더 이상 쓸 수 없는 링크입니다
error-link-invalid = 이미 쓴 링크이거나, 기한이 지났거나, 주소가 온전하지 않습니다.

# 로그인하거나 로그아웃하는 동안 열려 있던 양식, 그리고 프로그램이 보낸 토큰이 틀렸을 때의 안내입니다.

stale-form-title = 오래된 페이지에서 보낸 양식입니다
stale-form-lead = 이 페이지를 연 뒤에 로그인하거나 로그아웃하셨습니다. 안전을 위해 아직 아무것도 처리하지 않았습니다.
stale-form-typed = 입력하신 내용은 그대로 있습니다.
stale-form-as = 지금 보내면 { $email } 계정으로 보냅니다.
stale-form-as-nobody = 로그인되어 있지 않습니다. 지금 보내면 계정 없이 보냅니다.
stale-form-login-first = 로그인되어 있지 않습니다. 계정이 필요한 내용이라면 다른 탭에서 로그인한 뒤 이 페이지에서 보내 주세요. 지금 보내면 계정 없이 보냅니다.
stale-form-login = 다른 탭에서 로그인
stale-form-secrets = 비밀번호와 인증 번호는 남겨 두지 않습니다. 다시 입력해 주세요.
stale-form-sent = 보낼 내용
stale-form-submit = 다시 보내기
stale-form-back = 버리고 페이지 새로 열기

error-csrf-hint = 보낸 토큰이 없거나 다른 세션의 것입니다. /csrf에서 새 토큰을 받아 다시 보내 주세요.

# 로그인과 기기에 관한 문구(한국어). 모든 키는 ../en/security.ftl에도 있습니다.

device-browser-on-system = { $system }의 { $browser }
device-unknown = 알 수 없는 기기

security-title = 보안
security-link = 최근 로그인
security-logins = 최근 로그인
security-logins-hint = 최근 { $most }건을 보관합니다. 처음 로그인한 기기와, 모든 기기에서 로그아웃하거나 비밀번호를 바꾼 뒤 처음 로그인한 기기에는 ‘새 기기’라고 표시합니다.
security-logins-none = 아직 기록된 로그인이 없습니다.
security-new-device = 새 기기
security-not-you = 본인이 아닌 로그인이 있나요?
security-not-you-hint = 다른 사람이 비밀번호를 알고 있습니다. 비밀번호를 새로 정하면 다른 세션이 모두 바로 끝납니다.
security-everywhere-hint = 그 뒤에는 모든 기기를 새 기기로 봅니다.

sessions-title = 내 세션
sessions-link = 세션
sessions-hint = 지금 로그인되어 있는 기기입니다. 모르는 세션이 있으면 끝내고 비밀번호를 바꾸세요.
sessions-living = 로그인 중
sessions-more = 여기에 나온 것보다 더 있습니다.
session-this = 이 기기
session-seen = 마지막 접속
session-began = 로그인
session-end = 끝내기
session-end-label = 끝내기: { $device } 세션
session-end-done = 세션을 끝냈습니다.
session-end-gone = 그 세션은 이미 끝났습니다.
session-end-others = 다른 세션 모두 끝내기
session-end-others-hint = 이 기기만 로그인 상태로 남습니다. 다른 기기는 다음 요청부터 로그아웃됩니다.
session-end-others-done = 다른 세션을 모두 끝냈습니다.

reauthenticate-title = 본인 확인
reauthenticate-lead = 로그인한 지 시간이 지났습니다. 계속하려면 비밀번호를 입력해 주세요.
reauthenticate-who = { $email } 계정으로 로그인되어 있습니다.
reauthenticate-submit = 계속
reauthenticate-not-you = 본인이 아닌가요? 로그아웃
reauthenticate-first = 아직 아무것도 저장하지 않았습니다. 비밀번호를 입력한 뒤 양식을 다시 보내 주세요.

# 내 데이터 내려받기와 계정 삭제.

## 홈에서

home-function-account = 보관 중인 내 데이터를 파일 하나로 내려 주고, 계정을 삭제합니다.
home-function-erase-account = 계정이 삭제되면 실행되어 사진과 세션을 비롯한 모든 흔적을 지웁니다.

## 프로필에서

your-data-title = 내 데이터
your-data-hint = 보관 중인 내 데이터를 모두 내려받거나 전부 삭제할 수 있습니다.
your-data-export = 내 데이터 내려받기
your-data-delete = 계정 삭제…

## 내려받기

export-title = 내 데이터 내려받기
export-lead = 이 사이트가 보관하는 내 데이터를 ZIP 파일 하나에 모두 담아 드립니다.
export-what = 담기는 내용
export-item-profile = 프로필: 모든 항목을 JSON으로 담습니다.
export-item-sessions = 로그인한 기기: 시각, 주소, 브라우저를 담습니다.
export-item-logins = 최근 로그인: 시각, 주소, 기기를 담습니다.
export-item-media = 프로필 사진과 내 파일(너무 큰 파일은 제외), 파일을 공유한 상대.
export-item-readme = 각 파일을 설명하는 글.
export-never = 비밀번호는 들어 있지 않습니다. 비밀번호 자체는 어디에도 보관하지 않으며, 맞는지 확인하는 데 쓰는 값만 있습니다.
export-why = 잠그지 않고 자리를 비운 사이 다른 사람이 받아 가지 못하도록 비밀번호를 확인합니다.
export-submit = 내려받기

export-readme-title = { $at } 현재 { $site }에서 보관하는 { $email } 님의 모든 데이터
export-readme-profile = profile.json: 프로필의 모든 항목
export-readme-sessions = sessions.json: 세션마다 시작한 곳과 시각, 끝나는 시각
export-readme-events = events.json: 계정에 있었던 일: 비밀번호, 주소, 권한, 세션
export-readme-logins = logins.json: 최근 로그인한 시각과 주소, 기기
export-readme-media = media/: 프로필 사진(있는 경우)과 내 파일
export-readme-files = files.json: 내 파일 목록과 올린 시각, 이 압축 파일 안의 위치
export-readme-shares = shares.json: 내 파일을 공유한 상대와 다른 사람이 나에게 공유한 파일
export-readme-cut = 세션이 많아 sessions.json에는 처음 { $count }개만 담았습니다.
export-readme-files-cut = 파일이 많아 files.json에는 최근 { $count }개만 담았습니다.
export-readme-links = 모두 담을 수 없어 일부는 주소로 대신했습니다. 위 시각부터 { $minutes }분 동안 media/links.json의 주소에서 내려받을 수 있습니다.
export-readme-times = 모든 시각은 UTC입니다.
export-readme-left-out = 비밀번호를 확인하는 값과 세션 키는 계정을 여는 데 쓰일 수 있어 담지 않았습니다.

## 삭제

delete-title = 계정 삭제
delete-lead = 삭제하면 되돌릴 수 없습니다. 유예 기간이 없고, 아무도 되살려 드릴 수 없습니다.
delete-what = 삭제되는 것
delete-item-profile = 프로필과 직접 입력한 모든 내용.
delete-item-picture = 프로필 사진. 아직 검사 중인 사진도 포함합니다.
delete-item-sessions = 세션. 모든 기기에서 바로 로그아웃됩니다.
delete-item-history = 로그인 기록.
delete-free = 이메일 주소와 사용자 이름은 바로 다시 쓸 수 있게 됩니다. 본인이든 다른 사람이든 새로 가입하면 이 계정의 내용은 하나도 이어지지 않습니다.
delete-mail = 마지막으로 { $email } 주소로 확인 메일을 보내 드립니다.
delete-export-first = 사본이 필요하신가요?
delete-export-link = 먼저 내 데이터 내려받기
delete-form = 확인
delete-confirm = 계정과 그 안의 모든 내용이 영구히 사라진다는 것을 이해했습니다.
delete-confirm-required = 정말 삭제하시려면 이 칸을 선택해 주세요.
delete-submit = 계정 영구 삭제
delete-keep = 계정 유지

account-deleted = 계정을 삭제했습니다. 그동안 함께해 주셔서 고맙습니다.


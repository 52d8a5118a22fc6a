# 공유에 관한 한국어 문구. 모든 키가 ../en/sharing.ftl에도 있다.

sharing-own-address = 본인의 이메일 주소입니다.
sharing-unknown-group = 본인이 속한 그룹을 선택해 주세요.
sharing-one-recipient = 이메일 주소와 그룹 중 하나만 입력해 주세요.
sharing-too-many = 최대 { $limit }개의 사용자 및 그룹과 공유할 수 있습니다.
sharing-too-many-links = 링크는 한 번에 최대 { $limit }개까지 만들 수 있습니다. 먼저 하나를 삭제해 주세요.
sharing-link-age = 링크의 유효 기간은 1초에서 { $limit }초까지입니다.

# 파일에 관한 한국어 문구. 모든 키가 ../en/media.ftl에도 있다.

## 파일: 목록, 파일 하나, 공유

nav-media = 파일
media-title = 내 파일
media-shared-title = 공유받은 파일
media-tabs = 파일 종류
media-mine = 내 파일
media-shared = 공유받은 파일
media-back = 내 파일로 돌아가기

media-upload-title = 파일 추가
media-choose = 파일 고르기…
media-drop = 또는 이 페이지 아무 곳에나 끌어다 놓으세요
media-purpose = 파일의 종류
purpose-avatar = 프로필 사진
purpose-image = 사진
purpose-document = 문서
purpose-video = 동영상
media-usage = 저장 공간
media-usage-of = { $quota } 중 { $used }
media-transfers = 올리고 있는 파일

media-empty = 아직 파일이 없습니다
media-empty-text = 올린 파일은 공유하기 전까지 나만 볼 수 있습니다.
media-shared-empty = 아직 공유받은 파일이 없습니다
media-shared-empty-text = 다른 사람이 공유한 파일이 여기에 나타납니다.
media-no-more = 파일이 더 없습니다.
media-pages = 파일 더 보기
media-next = 이전 파일
media-first = 최신 파일

media-state-pending = 파일을 기다리고 있습니다
media-state-verifying = 검사하는 중입니다…
media-state-rejected = 이 파일은 쓸 수 없습니다.

media-verb-own = 내 파일
media-verb-view = 보기
media-verb-edit = 보기, 이름 바꾸기
media-verb-manage = 이름 바꾸기, 공유

## 파일을 올리는 동안

transfer-queued = 차례를 기다리고 있습니다
transfer-preparing = 준비하는 중입니다…
transfer-sending = { $total } 중 { $sent }
transfer-speed = 초당 { $speed }, { $left } 남음
transfer-waiting = 연결이 끊겼습니다. 다시 시도하고 있습니다…
transfer-paused = { $total } 중 { $sent }에서 멈췄습니다
transfer-unfinished = { $total } 중 { $sent }까지 올렸습니다. 계속하려면 같은 파일을 다시 골라 주세요.
transfer-other = 다른 파일입니다. 계속하려면 { $name } 파일을 골라 주세요.
transfer-verifying = 검사하는 중입니다…
transfer-slow = 검사가 평소보다 오래 걸립니다. 이 페이지를 떠나도 됩니다.
transfer-ready = 파일이 준비되었습니다.
transfer-cancelled = 업로드를 취소했습니다
transfer-type = 이 형식의 파일은 올릴 수 없습니다.
transfer-size = 파일이 너무 큽니다. { $max }까지 올릴 수 있습니다.
transfer-unreadable = 파일을 읽을 수 없습니다.
transfer-stopped = 업로드가 멈췄습니다. 지금까지 올린 부분은 남아 있습니다.
transfer-pause = 일시 정지
transfer-go-on = 계속
transfer-dismiss = 닫기

## 파일 하나

media-file = 파일
media-open = 원본 크기로 열기
media-type = 형식
media-size = 크기
media-pixels = 가로세로
media-created = 추가한 날
media-shared-with-you = 받은 권한
media-download = 내려받기
media-delete = 파일 삭제
media-name = 파일 이름
media-rename = 이름
media-rename-submit = 이름 바꾸기

media-share = 볼 수 있는 사람
media-share-hint = 파일 주인과 여기에 있는 사람, 그리고 링크를 가진 사람만 이 파일을 볼 수 있습니다.
media-group = 그룹
media-or-group = 또는 그룹
media-may = 허용할 일
media-may-view = 보기와 내려받기
media-may-edit = 보기와 이름 바꾸기
media-may-manage = 이름 바꾸기와 공유
media-share-submit = 공유
media-revoke = 취소
media-revoke-label = { $who }의 권한 취소

media-links = 링크
media-links-hint = 링크를 가진 사람은 계정 없이도 파일을 내려받을 수 있습니다. 기한이 지나거나 취소하면 끝납니다.
media-link = 링크
media-link-for = 유효 기간
media-for-hour = 1시간
media-for-day = 1일
media-for-week = 7일
media-for-month = 30일
media-link-make = 링크 만들기
media-link-made = 링크를 만들었습니다
media-link-once = 지금 복사해 두세요. 다시 볼 수 없습니다.
media-link-until = 유효 기한:
media-link-created = 만든 때:
media-link-copy = 복사
media-link-copied = 복사했습니다
media-link-revoke-label = { $until }까지 유효한 링크 취소

media-delete-title = 이 파일을 삭제할까요?
media-delete-text = 나와 공유받은 모든 사람에게서 사라지며, 되돌릴 수 없습니다.
media-keep = 파일 남겨 두기

format-text = 텍스트

## 스크립트 없이 업로드

upload-file-title = 파일 추가
upload-file-again = 다른 파일 고르기
upload-file-show = 파일 보기
upload-file-pending = 파일을 기다리고 있습니다
upload-file-pending-text = 파일이 아직 도착하지 않았습니다. 이 페이지는 자동으로 새로 고쳐집니다.
upload-file-verifying = 파일을 검사하고 있습니다
upload-file-verifying-text = 파일이 도착해 검사하고 있습니다. 이 페이지는 자동으로 새로 고쳐집니다.
upload-file-ready = 파일이 준비되었습니다
upload-file-ready-text = 공유하기 전까지 나만 볼 수 있습니다.
upload-file-rejected = 이 파일은 쓸 수 없습니다

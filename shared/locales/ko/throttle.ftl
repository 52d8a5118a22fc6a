# 시도 횟수 제한에 관한 문구(한국어). 모든 키는 ../en/throttle.ftl에도 있습니다.

error-throttled-seconds = 시도가 너무 많았습니다. { $seconds }초 뒤에 다시 시도해 주세요.
error-throttled-minutes = 시도가 너무 많았습니다. { $minutes }분 뒤에 다시 시도해 주세요.
error-throttled-hours = 시도가 너무 많았습니다. { $hours }시간 뒤에 다시 시도해 주세요.

login-throttled-reset = 비밀번호가 기억나지 않으면 기다리는 동안 새로 정할 수 있습니다. 지금 쓰는 네트워크에서 정하면 기다리지 않아도 됩니다. 다만 이 네트워크 자체에서 시도가 너무 많았다면 기다려야 합니다.
login-throttled-reset-link = 비밀번호 새로 정하기

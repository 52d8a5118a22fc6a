# 시도 횟수 제한에 관한 문구(한국어). 모든 키는 ../en/throttle.ftl에도 있습니다.

error-throttled-seconds = 시도가 너무 많았습니다. { $seconds }초 뒤에 다시 시도해 주세요.
error-throttled-minutes = 시도가 너무 많았습니다. { $minutes }분 뒤에 다시 시도해 주세요.
error-throttled-hours = 시도가 너무 많았습니다. { $hours }시간 뒤에 다시 시도해 주세요.

login-throttled-reset = 비밀번호가 기억나지 않으면 새로 정해 주세요. 그러면 기다리지 않아도 됩니다.
login-throttled-reset-link = 비밀번호 새로 정하기

## 새 비밀번호의 조건(입력 전 안내)

password-help-similar = 이름, 사용자 이름, 이메일 주소와 비슷하지 않게 정해 주세요.
password-help-length = { $min }자 이상으로 정해 주세요.
password-help-common = 흔히 쓰이는 비밀번호는 쓸 수 없습니다.
password-help-numeric = 숫자만으로는 만들 수 없습니다.
password-help-context = 이 사이트의 이름이나 본인의 이메일 주소에 몇 글자만 덧붙인 것은 쓸 수 없습니다.
password-help-breached = 다른 곳에서 유출된 것으로 알려진 비밀번호는 쓸 수 없습니다.

## 비밀번호의 오류

password-too-similar = { $attribute ->
    [username] 비밀번호가 사용자 이름과 너무 비슷합니다.
    [first_name] 비밀번호가 이름과 너무 비슷합니다.
    [last_name] 비밀번호가 성과 너무 비슷합니다.
    [email] 비밀번호가 이메일 주소와 너무 비슷합니다.
   *[other] 비밀번호가 입력하신 다른 정보와 너무 비슷합니다.
}
password-too-common = 너무 흔한 비밀번호입니다.
password-entirely-numeric = 숫자로만 된 비밀번호는 쓸 수 없습니다.
password-context-word = 사이트 이름이나 이메일 주소에서 거의 벗어나지 않은 비밀번호입니다.
password-breached = 다른 곳에서 유출된 적이 있는 비밀번호입니다. 다른 비밀번호로 정해 주세요.

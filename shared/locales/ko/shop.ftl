# 상점에 관한 한국어 문구. 모든 키가 ../en/shop.ftl에도 있다.

orders-title = 주문
orders-customer = 고객
orders-what = 주문 내용
orders-placed = 주문 시각
orders-placed-by = 등록한 사람
orders-number = 주문 번호
orders-none = 이 달에는 주문이 없습니다.
orders-months = 월
orders-pages = 페이지
orders-new = 새 주문
orders-add = 추가
order-added = 주문을 추가했습니다.
home-function-staff-orders = 볼 권한이 있는 사람에게 주문을 보여 줍니다. 권한을 요구하는 함수의 예제입니다.

# Words about the shop, in English. Every key is also in ../ko/shop.ftl.

orders-title = Orders
orders-customer = Customer
orders-what = What
orders-placed = Placed
orders-placed-by = Placed by
orders-number = Number
orders-none = Nothing was ordered in this month.
orders-months = Months
orders-pages = Pages
orders-new = New order
orders-add = Add
order-added = The order was added.
home-function-staff-orders = Lists orders for those who are permitted to view them: the sample of a function that asks for a permission.

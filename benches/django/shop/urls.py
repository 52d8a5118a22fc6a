"""What staff sees."""

from django.urls import path

from . import views

app_name = "shop"
urlpatterns = [path("orders/", views.orders, name="orders")]

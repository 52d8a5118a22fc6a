"""What staff sees."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render

from .models import Order


@permission_required("shop.view_order", raise_exception=True)
def orders(request):
    return render(request, "shop/orders.html", {"orders": Order.objects.order_by("-id")[:20]})

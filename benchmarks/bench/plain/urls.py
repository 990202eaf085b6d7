from django.urls import path

from benchmarks.bench.plain import views
from config.urls import urlpatterns as cairns

urlpatterns = [path("roadmaps/<slug:slug>/", views.roadmap), *cairns]

from django.urls import path

from data_export import views

urlpatterns = [
    path("", views.my_data, name="account_my_data"),
    path("cairn.<extension>", views.download, name="account_download"),
    path("upload/", views.upload, name="account_upload"),
]

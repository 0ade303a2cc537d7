drop table file_layout;

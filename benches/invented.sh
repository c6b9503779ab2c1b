#!/usr/bin/env bash
# An invented ledger of loans of 2,000 borrowers and invoices that are all theirs; the same bytes on every machine.
#
#   benches/invented.sh LOANS LINES FOLDER     writes FOLDER/ledger.csv and FOLDER/invoices.csv
set -euo pipefail
cd "$3"
awk -v loans="$1" 'BEGIN {
    print "借据号,客户名称,纳税人识别号,贷款用途,放款金额,审批日期,放款日期,行业代码,否决项"
    split("购买光伏组件 购买永磁变频空压机2台 流动资金周转 购钢材", purpose, " ")
    for (loan = 0; loan < loans; loan++)
        printf "L%05d,第%d号有限公司,9133100000000%05d,%s,%d,2025-10-13,2025-10-20,C3825,无\n",
            loan, loan % 2000, loan % 2000, purpose[loan % 4 + 1], 100000 + loan * 25
}' >ledger.csv
awk -v lines="$2" 'BEGIN {
    print "数电票号码,开票日期,销方识别号,销方名称,购方识别号,购买方名称,货物或应税劳务名称,规格型号,价税合计,发票状态,是否正数发票"
    split("*光伏设备*单晶硅光伏组件 *黑色金属冶炼压延品*螺纹钢 *压缩机*永磁变频空压机 *涂料*水性涂料 *电动机*三相异步电动机 *纸制品*复印纸 *紧固件*螺栓 *塑料制品*周转箱", goods, " ")
    for (row = 0; row < lines; row++) {
        borrower = (row * 7919) % 2000
        printf "%020d,2025-10-%02d,91330000000%07d,供应商%d有限公司,9133100000000%05d,第%d号有限公司,%s,型号%d,%d.%02d,%s,是\n",
            row / 3, row % 28 + 1, row % 5000, row % 5000, borrower, borrower, goods[row % 8 + 1], row % 997,
            row % 9000 + 100, row % 100, row % 501 == 7 ? "已作废" : "正常"
    }
}' >invoices.csv
